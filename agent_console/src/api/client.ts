/** HTTP to the hotline: JSON in and out, the session by cookie, one error type. */
import { ApiError, readError } from './errors'

const LIMIT_MS = 10_000

let onSessionLost: (() => void) | null = null

/** Called once whenever the server says the session is over (401 outside log-in). */
export function whenSessionLost(handler: () => void): void {
  onSessionLost = handler
}

type Method = 'GET' | 'POST' | 'PUT'

/** One request. Throws ApiError, and nothing else. */
export async function request<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), LIMIT_MS)
  try {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (method !== 'GET') headers['X-Hotline-Console'] = '1' // guard against forged cross-site requests
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
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
