/** Pages. Addresses stand behind `#`, so the server needs no rule for them. */
import { createRouter, createWebHashHistory } from 'vue-router'
import { ApiError, type ApiError as ApiErrorType } from './api/errors'
import { whenSessionLost } from './api/client'
import type { Me } from './api/types'
import { useSession } from './features/login/session'
import { AWAY_FROM_DESK, rolesOf } from './nav'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./features/login/LoginPage.vue'), meta: { open: true } },
    // for callers: no log-in, nothing of the desk
    { path: '/progress', name: 'progress', component: () => import('./features/public/ProgressPage.vue'), meta: { open: true, bare: true } },
    { path: '/', name: 'desk', component: () => import('./features/desk/DeskPage.vue') },
    { path: '/board', name: 'board', component: () => import('./features/board/BoardPage.vue') },
    { path: '/calls', name: 'calls', component: () => import('./features/calls/CallsPage.vue') },
    { path: '/calls/:id', name: 'call', component: () => import('./features/calls/CallPage.vue'), props: true },
    { path: '/calls/:id/form', name: 'form', component: () => import('./features/desk/FormPage.vue'), props: true },
    { path: '/tickets', name: 'tickets', component: () => import('./features/tickets/TicketsPage.vue') },
    { path: '/tickets/:number', name: 'ticket', component: () => import('./features/tickets/TicketPage.vue'), props: true },
    { path: '/tickets/:number/slip', name: 'slip', component: () => import('./features/tickets/SlipPage.vue'), props: true },
    { path: '/ledgers', name: 'ledgers', component: () => import('./features/ledgers/LedgersPage.vue') },
    { path: '/bounces', name: 'bounces', component: () => import('./features/centres/BouncesPage.vue') },
    { path: '/admin/centres', name: 'centres', component: () => import('./features/centres/CentresPage.vue') },
    { path: '/admin/dispatch-rules', name: 'rules', component: () => import('./features/centres/RulesPage.vue') },
    { path: '/owed', name: 'owed', component: () => import('./features/owed/OwedPage.vue') },
    { path: '/tasks', name: 'tasks', component: () => import('./features/tasks/TasksPage.vue') },
    { path: '/pool', name: 'pool', component: () => import('./features/pool/PoolPage.vue') },
    { path: '/pool/import', name: 'import', component: () => import('./features/pool/ImportPage.vue') },
    { path: '/roster', name: 'roster', component: () => import('./features/pool/RosterPage.vue') },
    { path: '/shared/:id', name: 'shared', component: () => import('./features/calls/SharedPage.vue'), props: true },
    { path: '/knowledge', name: 'knowledge', component: () => import('./features/catalogue/CataloguePage.vue') },
    { path: '/restrictions', name: 'restrictions', component: () => import('./features/abuse/RestrictionsPage.vue') },
    { path: '/letters', name: 'letters', component: () => import('./features/letters/LettersPage.vue') },
    { path: '/emergencies', name: 'emergencies', component: () => import('./features/emergency/EmergenciesPage.vue') },
    { path: '/wall', name: 'wall', component: () => import('./features/board/WallPage.vue'), meta: { bare: true } },
    { path: '/password', name: 'password', component: () => import('./features/login/PasswordPage.vue') },
    { path: '/admin/people', name: 'people', component: () => import('./features/admin/PeoplePage.vue') },
    { path: '/admin/firms', name: 'firms', component: () => import('./features/admin/FirmsPage.vue') },
    { path: '/admin/lines', name: 'lines', component: () => import('./features/admin/LinesPage.vue') },
    { path: '/plans', name: 'plans', component: () => import('./features/centres/PlansPage.vue') },
    { path: '/admin/hours', name: 'hours', component: () => import('./features/admin/HoursPage.vue') },
    { path: '/admin/flows', name: 'flows', component: () => import('./features/admin/FlowsPage.vue') },
    { path: '/admin/flows/:name', name: 'flow', component: () => import('./features/admin/FlowPage.vue'), props: true },
    { path: '/admin/prompts', name: 'prompts', component: () => import('./features/admin/PromptsPage.vue') },
    { path: '/admin/hotlines', name: 'hotlines', component: () => import('./features/admin/HotlinesPage.vue') },
    { path: '/admin/trunks', name: 'trunks', component: () => import('./features/admin/TrunksPage.vue') },
    { path: '/admin/changes', name: 'changes', component: () => import('./features/admin/ChangesPage.vue') },
    { path: '/:rest(.*)', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.open) return true
  try {
    if (session.me || (await session.resume())) return allowed(String(to.name), session.me!)
  } catch (error) {
    const problem: ApiErrorType = ApiError.from(error)
    return { name: 'login', query: { next: to.fullPath, away: problem.code } }
  }
  return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})

/** A one-time password opens nothing but the choice of another; a page that is not for this role leads to the first one. */
function allowed(name: string, me: Me): true | { name: string } {
  const theirs = AWAY_FROM_DESK[me.role]
  if (theirs && !me.must_change && !theirs.includes(name)) return { name: theirs[0]! }
  if (me.must_change) return name === 'password' || { name: 'password' }
  const roles = rolesOf(name)
  return !roles || roles.includes(me.role) || { name: 'desk' }
}

whenSessionLost(() => {
  const session = useSession()
  if (!session.me) return
  session.lost = true
  session.forget()
  void router.push({ name: 'login', query: { next: router.currentRoute.value.fullPath } })
})
