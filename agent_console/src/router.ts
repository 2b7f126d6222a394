/** Pages. Addresses stand behind `#`, so the server needs no rule for them. */
import { createRouter, createWebHashHistory } from 'vue-router'
import { ApiError, type ApiError as ApiErrorType } from './api/errors'
import { whenSessionLost } from './api/client'
import { useSession } from './features/login/session'

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./features/login/LoginPage.vue'), meta: { open: true } },
    { path: '/', name: 'desk', component: () => import('./features/desk/DeskPage.vue') },
    { path: '/calls', name: 'calls', component: () => import('./features/calls/CallsPage.vue') },
    { path: '/calls/:id', name: 'call', component: () => import('./features/calls/CallPage.vue'), props: true },
    { path: '/tickets', name: 'tickets', component: () => import('./features/tickets/TicketsPage.vue') },
    { path: '/tickets/:number', name: 'ticket', component: () => import('./features/tickets/TicketPage.vue'), props: true },
    { path: '/tasks', name: 'tasks', component: () => import('./features/tasks/TasksPage.vue') },
    { path: '/:rest(.*)', redirect: '/' },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta.open || session.me) return true
  try {
    if (await session.resume()) return true
  } catch (error) {
    const problem: ApiErrorType = ApiError.from(error)
    return { name: 'login', query: { next: to.fullPath, away: problem.code } }
  }
  return { name: 'login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
})

whenSessionLost(() => {
  const session = useSession()
  if (!session.me) return
  session.lost = true
  session.forget()
  void router.push({ name: 'login', query: { next: router.currentRoute.value.fullPath } })
})
