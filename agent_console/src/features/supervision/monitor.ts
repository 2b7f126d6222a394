/** A supervisor's line into calls: what I am on, and the commands. */
import { computed } from 'vue'
import { api } from '@/api/endpoints'
import { same, useFeed } from '@/feed/store'
import type { Call } from '@/feed/types'
import { useSession } from '@/features/login/session'

export type Mode = 'listen' | 'whisper' | 'barge'
export const MODES: readonly Mode[] = ['listen', 'whisper', 'barge']
/** Phases in which there is somebody to listen to. */
const TALKING = new Set(['agent_talk', 'hold', 'transfer', 'expert_talk'])

export function useMonitor() {
  const feed = useFeed()
  const session = useSession()
  const supervisor = computed(() => session.me?.role === 'supervisor')
  const hasPhone = computed(() => session.me?.agent_id != null)
  /** The call whose line I am on. */
  const mine = computed<Call | null>(
    () => feed.calls.find((call) => call.monitor && same(call.monitor.agent_id, feed.agentId)) ?? null,
  )
  const talking = (call: Call): boolean => TALKING.has(call.phase)
  const own = (call: Call): boolean => same(call.agent_id, feed.agentId)
  return {
    supervisor, hasPhone, mine, talking, own,
    start: (id: string, mode: Mode, purpose: string) => api.monitor(id, mode, purpose),
    change: (id: string, mode: Mode) => api.monitorMode(id, mode),
    stop: (id: string) => api.stopMonitor(id),
    takeOver: (id: string, stays: boolean, purpose: string) => api.takeOver(id, stays, purpose),
  }
}
