/** Changing my own state; during a call it becomes the state after it. */
import { computed, ref } from 'vue'
import { api } from '@/api/endpoints'
import { useFeed } from '@/feed/store'
import type { AgentState } from '@/feed/types'
import { useHeadset } from '@/features/headset/store'
import { i18n } from '@/i18n'
import { tell, tellError } from '@/lib/notify'
import { useCommand } from './useCommand'

const BUSY: ReadonlySet<AgentState> = new Set(['reserved', 'ringing', 'on_call', 'wrap_up'])

export function useAgentState() {
  const feed = useFeed()
  const headset = useHeadset()
  const wanted = ref<AgentState | null>(null)
  const waiting = ref(false)
  const inCall = computed(() => feed.me !== null && BUSY.has(feed.me.state))
  const requested = computed<AgentState | null>(() => {
    const next = feed.me?.requested
    if (!next || !inCall.value) return null
    return typeof next === 'string' ? next : next.state
  })
  // In wrap-up "ready" may take effect at once or become the next state: either is the fact.
  const settled = (): boolean => wanted.value !== null && (feed.me?.state === wanted.value || requested.value === wanted.value)
  const command = useCommand(
    (state: 'available' | 'paused' | 'offline', reason: string) => api.setState(state, reason),
    settled,
    tellError,
  )

  async function change(state: 'available' | 'paused' | 'offline', reason = ''): Promise<void> {
    wanted.value = state
    // An agent who is ready without a line would miss the first call, and be paused for it.
    if (state === 'available') {
      waiting.value = true
      const reachable = await headset.lineReady().finally(() => (waiting.value = false))
      if (wanted.value !== state) return // something else was asked for meanwhile
      if (!reachable) return tell(i18n.global.t('headset.no_line'), 'warning')
    }
    await command.run(state, reason)
  }

  return { change, pending: computed(() => waiting.value || command.pending.value), inCall, requested }
}
