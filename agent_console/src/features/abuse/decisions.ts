/** Which decisions a restriction's state allows. */
export type Decision = 'approve' | 'refuse' | 'renew' | 'lift'

export const DECISIONS: Readonly<Partial<Record<string, readonly Decision[]>>> = {
  proposed: ['approve', 'refuse'],
  active: ['renew', 'lift'],
  expired: ['renew'],
}
