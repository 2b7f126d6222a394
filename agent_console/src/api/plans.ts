/** Slots that can be booked, by centre, and the telephone of a clerk without a computer (docs/api.md). */
import { request } from './client'

export type AppointmentKind = 'visit' | 'video' | 'call'

export interface PlanWish {
  centre_id: string
  /** One person's own slots; empty: the centre's. */
  account_id: string
  kinds: AppointmentKind[]
  /** 0 is Monday. */
  weekdays: number[]
  /** Minutes after midnight. */
  from_minute: number
  to_minute: number
  slot_minutes: number
  places: number
  active: boolean
}

export interface PlanRow extends PlanWish {
  id: string
  centre_name: string | null
  account_name: string | null
}

export const plansApi = {
  list: async () => (await request<{ items: PlanRow[] }>('GET', '/api/appointment-plans')).items,
  add: (wish: PlanWish) => request<PlanRow>('POST', '/api/appointment-plans', wish),
  put: (id: string, wish: PlanWish) => request<PlanRow>('PUT', `/api/appointment-plans/${encodeURIComponent(id)}`, wish),
  drop: (id: string) => request<unknown>('DELETE', `/api/appointment-plans/${encodeURIComponent(id)}`),
  clerkPhone: (account: string, given: { number: string; pin: string; phone: string }) =>
    request<unknown>('PUT', `/api/staff-phones/${encodeURIComponent(account)}`, { kind: 'clerk', ...given }),
}
