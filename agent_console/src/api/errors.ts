/** The one error the console knows: a stable code, with a Chinese and an English text for people. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    /** HTTP status; 0 when no answer came at all. */
    readonly status = 0,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(code)
    this.name = 'ApiError'
  }

  text(locale: string): string {
    return locale.startsWith('zh') ? this.zh : this.en
  }

  static unreachable(): ApiError {
    return new ApiError('console.unreachable', '连不上服务器，请稍后再试', 'The server cannot be reached. Try again shortly.')
  }

  static noFact(): ApiError {
    return new ApiError(
      'console.no_fact',
      '指令已发出，但未等到结果，请以当前状态为准',
      'The command was sent, but no result came. Go by the state shown.',
    )
  }

  /** Anything thrown, as an ApiError. */
  static from(error: unknown): ApiError {
    if (error instanceof ApiError) return error
    return new ApiError('console.fault', '页面出错，请刷新后重试', 'Something went wrong on this page. Reload and try again.')
  }
}

interface ErrorBody {
  error?: { code?: string; zh?: string; en?: string; details?: Record<string, unknown> }
}

/** Reads `{"error": {…}}`; a proxy's HTML error page becomes `http.<status>`. */
export function readError(status: number, body: unknown): ApiError {
  const found = (body as ErrorBody | null)?.error
  if (found?.code) {
    return new ApiError(found.code, found.zh ?? found.code, found.en ?? found.code, status, found.details ?? {})
  }
  return new ApiError(`http.${status}`, `服务器返回了 ${status}`, `The server answered ${status}`, status)
}
