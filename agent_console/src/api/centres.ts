/** The tree of centres, the rules of dispatch, and which pairs send what back (docs/api.md). */
import { query, request } from './client'
import type { Page } from './types'

export type CentreLevel = 'province' | 'city' | 'county' | 'town' | 'village'

export interface CentreStaff {
  id: string
  name: string
  director: boolean
  /** Of a clerk who is called for tickets, for administrators only. */
  number: string
  phone_masked: string
}

export interface CentreRow {
  id: string
  name: string
  level: CentreLevel
  parent_id: string | null
  region_code: string
  phone: string
  phones: string[]
  hours: string
  calendar_id: string | null
  services: string[]
  active: boolean
  by_phone: boolean
  staff: CentreStaff[]
  open_tickets: number
}

export type CentreWish = Omit<CentreRow, 'id' | 'staff' | 'open_tickets' | 'parent_id' | 'calendar_id'> & { parent_id: string; calendar_id: string }

export interface PersonAtCentre {
  id: string
  name: string
  username: string
  centre_id: string | null
}

export interface DispatchRule {
  id: number
  service_type: string
  region_code: string | null
  level: CentreLevel
  reason: string
}

export interface Proposal {
  centre_id: string
  centre_name: string | null
  level: string
  zh: string
  en: string
}

export interface Bounce {
  centre_id: string
  centre_name: string | null
  sent_by: string | null
  sent_by_name: string | null
  service_type: string
  count: number
  top_reason: string
  kept: number
}

const of = (id: string): string => `/api/centres/${encodeURIComponent(id)}`

export const centresApi = {
  list: async () => (await request<Page<CentreRow>>('GET', '/api/centres')).items,
  put: (id: string, wish: CentreWish) => request<unknown>('PUT', of(id), wish),
  people: async () => (await request<Page<PersonAtCentre>>('GET', '/api/centre-people')).items,
  putStaff: (id: string, account: string, director: boolean) => request<unknown>('PUT', `${of(id)}/staff/${encodeURIComponent(account)}`, { director }),
  dropStaff: (id: string, account: string) => request<unknown>('DELETE', `${of(id)}/staff/${encodeURIComponent(account)}`),
  rules: async () => (await request<Page<DispatchRule>>('GET', '/api/dispatch-rules')).items,
  putRule: (rule: { service_type: string; region_code: string; level: string; reason: string }) => request<DispatchRule>('PUT', '/api/dispatch-rules', rule),
  dropRule: (id: number) => request<unknown>('DELETE', `/api/dispatch-rules/${id}`),
  propose: (service_type: string, region: string) => request<Proposal>('GET', `/api/dispatch-proposal${query({ service_type, region })}`),
  bounces: async (days: number) => (await request<Page<Bounce>>('GET', `/api/ticket-bounces${query({ days })}`)).items,
}
