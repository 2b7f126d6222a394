/** Emergencies on record. */
import { query, request } from './client'
import type { Page } from './types'

export interface EmergencyRow {
  id: string
  call_id: string
  state: string
  source: string
  flags: string[]
  caller_masked: string
  region_hint: string
  raised_by_name: string
  raised_at: number
  alerted_at: number | null
  acknowledged_by_name: string
  acknowledged_at: number | null
  dispatched_to: string[]
  dispatched_at: number | null
  line_lost_at: number | null
  closed_by_name: string
  closed_at: number | null
  result: string
}

export interface EmergencyStep {
  at: number
  actor: string
  actor_name: string
  name: string
  data: Record<string, unknown>
}

export interface EmergencyTask {
  id: string
  emergency_id: string
  kind: string
  state: string
  due_at: number
  closed_at: number | null
  note: string
}

export interface EmergencyDetail extends EmergencyRow {
  events: EmergencyStep[]
  tasks: EmergencyTask[]
  report: Record<string, string>
}

export const emergencies = {
  list: (filter: { state?: string; limit?: number; before?: string | number | null }) =>
    request<Page<EmergencyRow>>('GET', `/api/emergencies${query(filter)}`),
  read: (id: string) => request<EmergencyDetail>('GET', `/api/emergencies/${encodeURIComponent(id)}`),
  taskDone: (id: string, note: string) => request<unknown>('POST', `/api/emergency-tasks/${encodeURIComponent(id)}/done`, { note }),
}
