/** How calls to experts end, by where they go. */
import { query, request } from './client'
import type { Page } from './types'

export interface Destination {
  operator: string
  region: string
  tried: number
  picked_up: number
  accepted: number
  no_answer: number
  busy: number
  failed: number
  /** Picked up of tried, 0 to 1. */
  share: number
}

export const answerRates = async (days: number): Promise<Destination[]> =>
  (await request<Page<Destination>>('GET', `/api/answer-rates${query({ days })}`)).items
