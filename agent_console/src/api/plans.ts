/** Slots that can be booked, by centre, what is booked, and the telephone of a clerk without a computer (docs/api.md). */
import { query, request } from './client'
import type { AppointmentRow } from './progress'

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
  /** `may_plan`: whether this person may change any. */
  list: () => request<{ items: PlanRow[]; may_plan: boolean }>('GET', '/api/appointment-plans'),
  /** What stands in the book from a moment (Unix seconds) over some days. */
  book: async (from: number, days: number) => (await request<{ items: AppointmentRow[] }>('GET', `/api/appointments${query({ from, days })}`)).items,
  add: (wish: PlanWish) => request<PlanRow>('POST', '/api/appointment-plans', wish),
  put: (id: string, wish: PlanWish) => request<PlanRow>('PUT', `/api/appointment-plans/${encodeURIComponent(id)}`, wish),
  drop: (id: string) => request<unknown>('DELETE', `/api/appointment-plans/${encodeURIComponent(id)}`),
  clerkPhone: (account: string, given: { number: string; pin: string; phone: string }) =>
    request<{ number: string; phone_masked: string }>('PUT', `/api/staff-phones/${encodeURIComponent(account)}`, { kind: 'clerk', ...given }),
}
