import type { LetterState } from '@/api/letters'
import type { Tone } from '@/features/status/states'

export const LETTER_TONE: Readonly<Record<LetterState, Tone>> = { waiting: 'wrap', sending: 'call', sent: 'ready', unsure: 'ring', failed: 'danger', cancelled: '' }

/** A person has to see to it. */
export const NEEDS_PERSON: readonly LetterState[] = ['unsure', 'failed']

/** Why it failed, in words where there are any: answers of servers keep their number. */
export function reason(t: (key: string) => string, te: (key: string) => boolean, code: string): string {
  if (!code) return ''
  const key = `letter_code.${code.replace('.', '_')}`
  return te(key) ? t(key) : code
}
