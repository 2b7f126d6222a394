/** Handing a caller on: how, to whom, and who hears whom at every moment (the same table the conversation goes by). */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Call, Transfer } from '@/feed/types'

export const KINDS = ['auto', 'attended', 'three_way', 'blind'] as const
export type Kind = (typeof KINDS)[number]
export const WHO = ['expert', 'colleague', 'hotline'] as const
export type Who = (typeof WHO)[number]

/** What the agent has chosen: it stays for the next transfer of the same call. */
export const useHandOver = defineStore('handOver', () => {
  const kind = ref<Kind>('auto')
  const who = ref<Who>('expert')
  return { kind, who }
})

export type Person = 'caller' | 'agent' | 'third'
export interface Picture {
  lines: [Person, Person][]
  /** Who hears music. */
  music: Person[]
  /** Still ringing, or not chosen yet. */
  ringing: boolean
}

const STAGES: Readonly<Record<string, [Person, Person][]>> = {
  consult: [['agent', 'third']],
  aside: [['caller', 'agent']],
  three: [['caller', 'agent'], ['caller', 'third'], ['agent', 'third']],
}

/** Who hears whom while a transfer runs. */
export function picture(transfer: Transfer, call: Pick<Call, 'agent_id'>): Picture {
  const agent = call.agent_id != null
  const stage = transfer.stage ?? 'seeking'
  if (stage === 'seeking') {
    const stays = transfer.kind === 'three_way' && agent
    return { lines: stays ? [['caller', 'agent']] : [], music: stays ? [] : ['caller'], ringing: true }
  }
  const lines = STAGES[stage] ?? []
  const music = (['caller', 'third'] as const).filter((who) => !lines.some((pair) => pair.includes(who)))
  return { lines, music: [...music], ringing: false }
}

export type Order = 'complete' | 'cancel' | 'toggle' | 'conference' | 'drop'
const ORDERS: Readonly<Record<string, readonly Order[]>> = {
  seeking: ['complete', 'cancel'],
  consult: ['complete', 'toggle', 'conference', 'cancel'],
  aside: ['complete', 'toggle', 'conference', 'cancel'],
  three: ['complete', 'toggle', 'drop'],
}

/** What may be ordered now. */
export function orders(transfer: Transfer): readonly Order[] {
  return transfer.state === 'trying' ? (ORDERS[transfer.stage ?? 'seeking'] ?? []) : []
}
