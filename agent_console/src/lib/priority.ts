/**
 * Priority classes of the rules, P0 (life danger) to P3 (ordinary). Pure.
 *
 * Three spellings reach the console: facts carry the class (`P2`), records its number (2), and the board the rank by which
 * callers are served (0 ordinary … 9 most urgent).
 */
export type PriorityClass = 'P0' | 'P1' | 'P2' | 'P3'

const CLASSES: readonly PriorityClass[] = ['P0', 'P1', 'P2', 'P3']

/** Of a record or a fact; `P3` for anything that is no class. */
export function ofRecord(value: unknown): PriorityClass {
  return CLASSES.find((one) => one === `P${String(value ?? '').replace(/^P/i, '')}`) ?? 'P3'
}

/** Of the board's rank: 9 is P0, from 6 on P1, from 3 on P2 (as routing maps them); a class is taken as it is. */
export function ofBoard(value: unknown): PriorityClass {
  if (typeof value === 'string' && /^P/i.test(value)) return ofRecord(value)
  const rank = Number(value ?? 0)
  return rank >= 9 ? 'P0' : rank >= 6 ? 'P1' : rank >= 3 ? 'P2' : 'P3'
}

export const PRIORITY_TONE = { P0: 'danger', P1: 'danger', P2: 'ring', P3: '' } as const
