/** Every page that stands in the navigation, by group, with the roles that see it. A new page is one line here, one in
 *  `router.ts`, and its name under `nav` in the texts. */

export interface NavPage {
  /** Name of the route, and of its text `nav.<name>`. */
  name: string
  roles: readonly string[]
  /** Pages that belong to it and mark it as the current one. */
  covers?: readonly string[]
}

export interface NavGroup {
  /** Text `nav.group_<name>`; without a name its pages stand in the bar themselves. */
  name?: string
  pages: readonly NavPage[]
}

const ALL = ['agent', 'supervisor', 'admin'] as const
const OFFICE = ['supervisor', 'admin'] as const
const ADMIN = ['admin'] as const

/** Roles with nothing of the desk, and the pages they may open; the first one is theirs after log-in. */
export const AWAY_FROM_DESK: Readonly<Record<string, readonly string[]>> = {
  centre: ['tickets', 'ticket', 'slip', 'owed', 'ledgers', 'bounces', 'plans', 'password'],
  statistician: ['ledgers', 'password'],
}

/** Those of them who have notices: their feed carries nothing else. */
export const HAS_NOTICES: readonly string[] = ['agent', 'supervisor', 'admin', 'centre']

/** A role with so few pages has them all in the bar; with more the groups fold up. */
const FLAT = 7

export const NAV: readonly NavGroup[] = [
  {
    pages: [
      { name: 'desk', roles: ALL },
      { name: 'board', roles: OFFICE, covers: ['wall'] },
      { name: 'calls', roles: ALL, covers: ['call', 'shared'] },
    ],
  },
  {
    name: 'matters',
    pages: [
      { name: 'tickets', roles: [...ALL, 'centre'], covers: ['ticket', 'slip'] },
      { name: 'owed', roles: ['agent', 'supervisor', 'centre'] },
      { name: 'tasks', roles: ALL },
      { name: 'letters', roles: OFFICE },
    ],
  },
  { pages: [{ name: 'knowledge', roles: ALL }] },
  {
    name: 'centres',
    pages: [
      { name: 'ledgers', roles: [...OFFICE, 'centre', 'statistician'] },
      { name: 'bounces', roles: [...OFFICE, 'centre'] },
      { name: 'plans', roles: [...OFFICE, 'centre'] },
      { name: 'centres', roles: ADMIN },
      { name: 'rules', roles: ADMIN },
    ],
  },
  {
    name: 'experts',
    pages: [
      { name: 'pool', roles: OFFICE },
      { name: 'roster', roles: OFFICE },
      { name: 'import', roles: OFFICE },
      { name: 'firms', roles: ADMIN },
    ],
  },
  {
    name: 'safety',
    pages: [
      { name: 'emergencies', roles: ['supervisor'] },
      { name: 'restrictions', roles: OFFICE },
    ],
  },
  {
    name: 'lines',
    pages: [
      { name: 'people', roles: ADMIN },
      { name: 'lines', roles: ADMIN },
      { name: 'hours', roles: ADMIN },
      { name: 'flows', roles: ADMIN, covers: ['flow'] },
      { name: 'prompts', roles: ADMIN },
      { name: 'hotlines', roles: ADMIN },
      { name: 'trunks', roles: ADMIN },
      { name: 'changes', roles: ADMIN },
    ],
  },
]

/** What a role sees; groups without a page for it are gone, a group of one page stands in the bar itself. */
export function navFor(role: string): NavGroup[] {
  const seen = NAV.map((group) => ({ ...group, pages: group.pages.filter((page) => page.roles.includes(role)) })).filter((group) => group.pages.length > 0)
  const flat = seen.reduce((sum, group) => sum + group.pages.length, 0) <= FLAT
  return seen.map((group) => (flat || group.pages.length === 1 ? { pages: group.pages } : group))
}

export function isCurrent(page: NavPage, route: string): boolean {
  return page.name === route || (page.covers?.includes(route) ?? false)
}

/** Roles that may open a route; every role when it stands nowhere in the navigation. */
export function rolesOf(route: string): readonly string[] | null {
  return NAV.flatMap((group) => group.pages).find((page) => isCurrent(page, route))?.roles ?? null
}
