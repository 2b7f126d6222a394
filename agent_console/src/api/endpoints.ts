/** Every call the console makes, one line each, in the order of docs/protocol.md. */
import { query, request } from './client'
import type {
  CallDetail, CallRow, Catalogue, ExpertRow, Fields, FormState, Me, Page, RecordingRow, TaskRow, TicketDetail, TicketRow,
} from './types'
import type { AgentState, Id } from '@/feed/types'

const call = (id: string, rest = ''): string => `/api/calls/${encodeURIComponent(id)}${rest}`

/** Lists come as `{items, next}` or as a bare array. */
function page<T>(answer: Page<T> | T[]): Page<T> {
  return Array.isArray(answer) ? { items: answer, next: null } : { items: answer.items, next: answer.next ?? null }
}

export const api = {
  login: (username: string, password: string) => request<unknown>('POST', '/api/login', { username, password }),
  logout: () => request<unknown>('POST', '/api/logout'),
  me: () => request<Me>('GET', '/api/me'),
  feedTicket: () => request<{ ticket: string }>('POST', '/api/feed/ticket'),
  catalogue: () => request<Catalogue>('GET', '/api/catalogue'),

  setState: (state: AgentState, reason = '') => request<unknown>('PUT', '/api/agents/me/state', { state, reason }),
  endWrapUp: () => request<unknown>('POST', '/api/agents/me/end-wrap-up'),
  accept: (offerId: string) => request<{ call_id: string }>('POST', `/api/offers/${encodeURIComponent(offerId)}/accept`),
  decline: (offerId: string, reason: string) =>
    request<unknown>('POST', `/api/offers/${encodeURIComponent(offerId)}/decline`, { reason }),

  hold: (id: string) => request<unknown>('POST', call(id, '/hold')),
  unhold: (id: string) => request<unknown>('POST', call(id, '/unhold')),
  hangUp: (id: string) => request<unknown>('POST', call(id, '/hang-up')),
  transfer: (id: string, category: string, region: string, expertId?: Id) =>
    request<{ transfer_id: string }>('POST', call(id, '/transfer'), {
      category, region, ...(expertId === undefined ? {} : { expert_id: String(expertId) }),
    }),
  cancelTransfer: (id: string) => request<unknown>('POST', call(id, '/cancel-transfer')),

  calls: async (filter: { state?: string; q?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<CallRow>>('GET', `/api/calls${query(filter)}`)),
  call: (id: string) => request<CallDetail>('GET', call(id)),
  /** Earlier calls of the same number. */
  history: async (id: string): Promise<CallRow[]> => (await request<CallDetail>('GET', call(id))).history ?? [],
  form: (id: string) => request<FormState>('GET', call(id, '/form')),
  saveForm: (id: string, version: number, fields: Fields) => request<FormState>('PUT', call(id, '/form'), { version, fields }),
  submitForm: (id: string, version: number, fields: Fields) =>
    request<FormState>('POST', call(id, '/form/submit'), { version, fields }),
  reveal: (id: string, purpose: string) => request<{ number: string }>('POST', call(id, '/reveal'), { purpose }),

  experts: async (category: string, region: string) =>
    page(await request<Page<ExpertRow> | ExpertRow[]>('GET', `/api/experts${query({ category, region })}`)).items,
  tickets: async (filter: { state?: string; q?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<TicketRow>>('GET', `/api/tickets${query(filter)}`)),
  ticket: (number: string) => request<TicketDetail>('GET', `/api/tickets/${encodeURIComponent(number)}`),
  tasks: async (filter: { state?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<TaskRow>>('GET', `/api/tasks${query(filter)}`)),
  recordings: async (callId: string) =>
    page(await request<Page<RecordingRow> | RecordingRow[]>('GET', `/api/recordings${query({ call_id: callId })}`)).items,
  /** Address for an audio element; the server writes the audit row before the first byte. */
  audioUrl: (recordingId: string, purpose: string) =>
    `/api/recordings/${encodeURIComponent(recordingId)}/audio${query({ purpose })}`,
  status: () => request<Record<string, unknown>>('GET', '/api/status'),
  callMeNow: () => request<unknown>('POST', '/api/demo/call-me'),
}
