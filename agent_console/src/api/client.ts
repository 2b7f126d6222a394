/** HTTP to the hotline: JSON in and out, the session by cookie, one error type. */
import { ApiError, readError } from './errors'

const LIMIT_MS = 10_000

let onSessionLost: (() => void) | null = null

/** Called once whenever the server says the session is over (401 outside log-in). */
export function whenSessionLost(handler: () => void): void {
  onSessionLost = handler
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One file to the server. Throws ApiError, and nothing else. */
export function upload<T>(path: string, file: File): Promise<T> {
  const form = new FormData()
  form.append('file', file)
  return send<T>('POST', path, form, {})
}

/** One request. Throws ApiError, and nothing else. */
export function request<T>(method: Method, path: string, body?: unknown, more: Record<string, string> = {}): Promise<T> {
  const headers: Record<string, string> = body === undefined ? more : { 'Content-Type': 'application/json', ...more }
  return send<T>(method, path, body === undefined ? undefined : JSON.stringify(body), headers)
}

async function send<T>(method: Method, path: string, body: BodyInit | undefined, more: Record<string, string>): Promise<T> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), LIMIT_MS)
  try {
    const headers: Record<string, string> = { Accept: 'application/json', ...more }
    if (method !== 'GET') headers['X-Hotline-Console'] = '1' // guard against forged cross-site requests
    const response = await fetch(path, {
      method,
      headers,
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: abort.signal,
    })
    const text = await response.text()
    const data: unknown = parse(text)
    if (!response.ok) {
      if (response.status === 401 && !path.endsWith('/login')) onSessionLost?.()
      throw readError(response.status, data)
    }
    return data as T
  } catch (error) {
    throw error instanceof ApiError ? error : ApiError.unreachable()
  } finally {
    clearTimeout(timer)
  }
}

function parse(text: string): unknown {
  if (!text) return null
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** `?a=1&b=2` of what is set; empty for nothing. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') params.set(key, String(value))
  }
  const text = params.toString()
  return text ? `?${text}` : ''
}
