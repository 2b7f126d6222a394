/** Every call the console makes, one line each, in the order of docs/protocol.md. */
import { query, request } from './client'
import type {
  CallDetail, CallRow, Catalogue, EmergencyCard, ExpertRow, HotlineRow, Lines, Me, OutboundState, Page,
  RecordingRow, RestrictionRow, TaskResult, TaskRow, TicketDetail, TicketRow,
} from './types'
import type { Why } from './types'
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
  extendWrapUp: () => request<unknown>('POST', '/api/agents/me/extend-wrap-up'),
  whyMe: () => request<Why>('GET', '/api/agents/me/why'),
  whyCall: (id: string) => request<Why>('GET', call(id, '/why')),
  accept: (offerId: string) => request<{ call_id: string }>('POST', `/api/offers/${encodeURIComponent(offerId)}/accept`),
  decline: (offerId: string, reason: string) =>
    request<unknown>('POST', `/api/offers/${encodeURIComponent(offerId)}/decline`, { reason }),

  hold: (id: string) => request<unknown>('POST', call(id, '/hold')),
  unhold: (id: string) => request<unknown>('POST', call(id, '/unhold')),
  hangUp: (id: string) => request<unknown>('POST', call(id, '/hang-up')),
  transfer: (id: string, category: string, region: string, expertId?: Id, avoid: string[] = [], kind?: string) =>
    request<{ transfer_id: string }>('POST', call(id, '/transfer'), {
      category, region, avoid, ...(kind ? { kind } : {}), ...(expertId === undefined ? {} : { expert_id: String(expertId) }),
    }),
  handOn: (id: string, wanted: { kind: string; target: { type: string; id: string } }) =>
    request<{ transfer_id: string }>('POST', call(id, '/transfer'), wanted),
  completeTransfer: (id: string) => request<unknown>('POST', call(id, '/complete-transfer')),
  toggleTransfer: (id: string) => request<unknown>('POST', call(id, '/toggle')),
  conference: (id: string) => request<unknown>('POST', call(id, '/conference')),
  dropParty: (id: string) => request<unknown>('POST', call(id, '/drop-party')),
  externalHotlines: async () => page(await request<Page<HotlineRow>>('GET', '/api/external-hotlines')).items,
  cancelTransfer: (id: string) => request<unknown>('POST', call(id, '/cancel-transfer')),

  monitor: (id: string, mode: string, purpose: string) => request<{ monitor_id: string }>('POST', call(id, '/monitor'), { mode, purpose }),
  monitorMode: (id: string, mode: string) => request<unknown>('PUT', call(id, '/monitor'), { mode }),
  stopMonitor: (id: string) => request<unknown>('DELETE', call(id, '/monitor')),
  takeOver: (id: string, agentStays: boolean, purpose: string) =>
    request<unknown>('POST', call(id, '/take-over'), { agent_stays: agentStays, purpose }),
  pullForward: (id: string, reason: string) => request<{ priority: number; position: number }>('POST', call(id, '/pull-forward'), { reason }),
  askHelp: (id: string) => request<unknown>('POST', call(id, '/help')),
  clearHelp: (id: string) => request<unknown>('DELETE', call(id, '/help')),
  forceState: (id: string, state: AgentState, reason: string) =>
    request<{ state: string; requested: string | null }>('POST', `/api/agents/${encodeURIComponent(id)}/force-state`, { state, reason }),
  raiseEmergency: (id: string, source: string, flags: string[]) =>
    request<{ id: string; audience: string; supervisors: number }>('POST', call(id, '/emergency'), { source, flags }),
  emergencySeen: (id: string) => request<unknown>('POST', `/api/emergencies/${id}/seen`),
  acknowledgeEmergency: (id: string) => request<unknown>('POST', `/api/emergencies/${id}/acknowledge`),
  emergencyCard: (id: string, language: string) => request<EmergencyCard>('GET', `/api/emergencies/${id}/card${query({ language })}`),
  dispatchEmergency: (id: string, service: string, note: string) => request<unknown>('POST', `/api/emergencies/${id}/dispatch`, { service, note }),
  assignEmergency: (id: string, agentId: string) => request<unknown>('POST', `/api/emergencies/${id}/assign`, { agent_id: agentId }),
  closeEmergency: (id: string, report: Record<string, string>) => request<unknown>('POST', `/api/emergencies/${id}/close`, report),
  warn: (id: string, method: 'played' | 'read') => request<{ number: number }>('POST', call(id, '/warn'), { method }),
  endAbusive: (id: string) => request<unknown>('POST', call(id, '/end-abusive')),
  proposeRestriction: (id: string, reason: string) => request<RestrictionRow>('POST', call(id, '/restriction'), { reason }),
  restrictions: async (filter: { state?: string }) =>
    page(await request<RestrictionRow[]>('GET', `/api/restrictions${query({ state: filter.state })}`)),
  decideRestriction: (id: string, decision: string, reason: string, hours: number) =>
    request<RestrictionRow>('POST', `/api/restrictions/${encodeURIComponent(id)}/decide`, { decision, reason, hours }),

  calls: async (filter: { state?: string; q?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<CallRow>>('GET', `/api/calls${query(filter)}`)),
  call: (id: string) => request<CallDetail>('GET', call(id)),
  reveal: (id: string, purpose: string) => request<{ number: string }>('POST', call(id, '/reveal'), { purpose }),

  experts: async (category: string, region: string) =>
    page(await request<Page<ExpertRow> | ExpertRow[]>('GET', `/api/experts${query({ category, region })}`)).items,
  tickets: async (filter: { state?: string; q?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<TicketRow>>('GET', `/api/tickets${query(filter)}`)),
  ticket: (number: string) => request<TicketDetail>('GET', `/api/tickets/${encodeURIComponent(number)}`),
  tasks: async (filter: { view?: string; kind?: string; limit?: number; before?: string | number | null }) =>
    page(await request<Page<TaskRow>>('GET', `/api/tasks${query(filter)}`)),
  callTask: (id: string) => request<{ call_id: string }>('POST', `/api/tasks/${encodeURIComponent(id)}/call`),
  codeTask: (id: string, result: TaskResult) => request<TaskRow>('POST', `/api/tasks/${encodeURIComponent(id)}/result`, { result }),
  answerTask: (id: string, answers: { matter: number; handler: number; text: string }) =>
    request<TaskRow>('PUT', `/api/tasks/${encodeURIComponent(id)}/answers`, answers),
  callBack: (id: string) => request<{ call_id: string }>('POST', call(id, '/call-back')),
  outbound: () => request<OutboundState>('GET', '/api/outbound'),
  setOutbound: (on: boolean, reason: string) => request<OutboundState>('PUT', '/api/outbound', { on, reason }),
  recordings: async (callId: string) =>
    page(await request<Page<RecordingRow> | RecordingRow[]>('GET', `/api/recordings${query({ call_id: callId })}`)).items,
  /** Address for an audio element; the server writes the audit row before the first byte. */
  audioUrl: (recordingId: string, purpose: string) =>
    `/api/recordings/${encodeURIComponent(recordingId)}/audio${query({ purpose })}`,
  lines: () => request<Lines>('GET', '/api/lines'),
  status: () => request<Record<string, unknown>>('GET', '/api/status'),
  callMeNow: () => request<unknown>('POST', '/api/demo/call-me'),
}
