/** Words and tones of tasks. */
import { word } from '@/features/desk/names'

export const STATE_TONE: Readonly<Record<string, string>> = { open: 'ring', calling: 'call', done: 'ready', given_up: '', expired: '', no_number: '' }
export const RESULT_TONE: Readonly<Record<string, string>> = { reached: 'good', no_answer: 'muted', busy: 'muted' }

/** Why somebody is to be called: a reason of its own, else how the lost call ended. */
export function why(t: (key: string) => string, reason: string): string {
  const own = word(t, 'task_reason', reason)
  return own !== reason ? own : word(t, 'cause', reason)
}
