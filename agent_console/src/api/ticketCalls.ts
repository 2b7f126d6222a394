/** Calling the person of a ticket. */
import { request } from './client'

export interface TicketCall {
  task_id: string
  /** Of the call being dialled; null when the desk will call. */
  call_id: string | null
  due_at: number
}

/** `now`: my own phone rings first. `task`: the desk calls, in its order and hours. */
export const callTicket = (number: string, when: 'now' | 'task'): Promise<TicketCall> =>
  request<TicketCall>('POST', `/api/tickets/${encodeURIComponent(number)}/call-back`, { when })
