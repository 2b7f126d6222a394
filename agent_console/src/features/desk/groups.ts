/** Skill groups a caller can be handed to, as far as colleagues belong to them. Pure. */
import type { Agent } from '@/feed/types'

export interface Group {
  code: string
  free: number
  atWork: number
}

/** Every group of a colleague's; whoever has no skills noted, or the general one, helps out in all of them. */
export function groupsOf(colleagues: readonly Pick<Agent, 'state' | 'skills'>[]): Group[] {
  const codes = [...new Set(colleagues.flatMap((one) => one.skills ?? []))]
  return codes
    .map((code) => {
      const members = colleagues.filter((one) => !one.skills?.length || one.skills.includes(code) || one.skills.includes('GN'))
      return {
        code,
        free: members.filter((one) => one.state === 'available').length,
        atWork: members.filter((one) => one.state !== 'offline' && one.state !== 'paused').length,
      }
    })
    .sort((a, b) => a.code.localeCompare(b.code))
}
