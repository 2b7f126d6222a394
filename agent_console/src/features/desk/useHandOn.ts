/** Start a transfer to a colleague, a group or another hotline, in the way chosen above; the button is freed when the feed shows it. */
import { computed, ref } from 'vue'
import { api } from '@/api/endpoints'
import { same, useFeed } from '@/feed/store'
import { tellError } from '@/lib/notify'
import { useDesk } from './desk'
import { useHandOver, type Kind } from './handOver'
import { useCommand } from './useCommand'

export function useHandOn() {
  const feed = useFeed()
  const desk = useDesk()
  const choice = useHandOver()
  const asked = ref('')
  const before = ref<string | null>(null)
  const start = useCommand(
    (type: 'agent' | 'queue' | 'hotline', id: string, kind: Kind) => api.handOn(desk.callId ?? '', { kind, target: { type, id } }),
    () => desk.state !== 'on_call' || (desk.call?.transfer != null && desk.call.transfer.transfer_id !== before.value),
    tellError,
  )
  const possible = computed(() => feed.live && desk.state === 'on_call' && desk.call !== null && desk.call.transfer?.state !== 'trying')

  /** Everybody of the desk but me. */
  const others = computed(() => feed.agents.filter((one) => !same(one.id, feed.agentId)))

  function handOn(type: 'agent' | 'queue' | 'hotline', id: string, kind: Kind): void {
    if (!possible.value || start.pending.value) return
    asked.value = id
    before.value = desk.call?.transfer?.transfer_id ?? null
    void start.run(type, id, kind)
  }

  return { choice, others, asked, possible, pending: start.pending, handOn }
}
