/** What callers do by themselves, without a log-in; and appointments as the desk and the centres see them. */
import { query, request } from './client'

export type AppointmentKind = 'visit' | 'video' | 'call'

export interface Slot {
  plan_id: string
  starts_at: number
  ends_at: number
  left: number
}

export interface Progress {
  number: string
  private: boolean
  phase: string
  due_at: number | null
  provisional: boolean
  materials: { zh: string; en: string }[]
  centre: string
  centre_phone: string
  steps: { phase: string; at: number }[]
  appointment: { kind: AppointmentKind; starts_at: number; ends_at: number; changeable: boolean } | null
  kinds: AppointmentKind[]
}

export interface Key {
  number: string
  code: string
}

export interface AppointmentRow {
  id: string
  number: string
  centre_id: string
  centre_name: string | null
  account_name: string | null
  kind: AppointmentKind
  starts_at: number
  ends_at: number
  state: 'booked' | 'moved' | 'cancelled' | 'kept' | 'missed'
  by: string
  reason: string
  moved_to: string
  ended_by: string
  told: string
  reminded_at: number | null
}

export type Choice = Pick<Slot, 'plan_id' | 'starts_at'>

export const progressApi = {
  ask: (key: Key) => request<Progress>('POST', '/api/public/progress', key),
  slots: (key: Key, kind: AppointmentKind) => request<{ items: Slot[] }>('POST', '/api/public/progress/slots', { ...key, kind }),
  change: (key: Key, act: 'book' | 'move' | 'cancel', kind: AppointmentKind, slot?: Choice) =>
    request<Progress>('POST', '/api/public/progress/appointment', { ...key, act, kind, ...(slot ? { plan_id: slot.plan_id, starts_at: slot.starts_at } : {}) }),
}

export const appointmentsApi = {
  of: (number: string) => request<{ items: AppointmentRow[] }>('GET', `/api/tickets/${number}/appointments`),
  slots: (number: string, kind: AppointmentKind) =>
    request<{ items: Slot[]; kinds: AppointmentKind[] }>('GET', `/api/tickets/${number}/appointment-slots${query({ kind })}`),
  book: (number: string, kind: AppointmentKind, slot: Choice) =>
    request<AppointmentRow>('POST', `/api/tickets/${number}/appointments`, { kind, plan_id: slot.plan_id, starts_at: slot.starts_at }),
  move: (id: string, slot: Choice, why: string) =>
    request<AppointmentRow>('POST', `/api/appointments/${id}/move`, { plan_id: slot.plan_id, starts_at: slot.starts_at, why }),
  cancel: (id: string, why: string) => request<AppointmentRow>('POST', `/api/appointments/${id}/cancel`, { why }),
  over: (id: string, state: 'kept' | 'missed') => request<AppointmentRow>('POST', `/api/appointments/${id}/${state}`),
}
