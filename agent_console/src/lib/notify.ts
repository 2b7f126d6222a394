/** One way to tell an agent that something did not go through. */
import { ElMessage } from 'element-plus'
import { ApiError } from '@/api/errors'
import { i18n } from '@/i18n'

/** Pixels from the top: a notice must not cover the bar. */
const BELOW_BAR = 64

export function tellError(error: unknown): void {
  ElMessage({ type: 'error', message: ApiError.from(error).text(i18n.global.locale.value), duration: 5000, showClose: true, grouping: true, offset: BELOW_BAR })
}

export function tell(message: string, type: 'success' | 'warning' | 'info' = 'success'): void {
  ElMessage({ type, message, duration: 3500, grouping: true, offset: BELOW_BAR })
}
