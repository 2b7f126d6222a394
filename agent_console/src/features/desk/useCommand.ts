/**
 * A button whose effect is a fact: pressed → pending, until the feed shows the fact or the server says no. An HTTP
 * answer alone changes nothing on the screen.
 */
import { computed, onScopeDispose, ref, watch, type ComputedRef } from 'vue'
import { ApiError } from '@/api/errors'

/** After this long without the fact the button is freed and says so. */
export const FACT_WITHIN = 10_000

export interface Command<A extends unknown[]> {
  pending: ComputedRef<boolean>
  run(...args: A): Promise<void>
}

export function useCommand<A extends unknown[]>(
  send: (...args: A) => Promise<unknown>,
  /** Whether the fact is there (for instance: the call is on hold). */
  done: () => boolean,
  onError: (error: ApiError) => void,
): Command<A> {
  const waiting = ref(false)
  let timer: ReturnType<typeof setTimeout> | null = null

  function settle(): void {
    waiting.value = false
    if (timer) clearTimeout(timer)
    timer = null
  }

  watch(done, (now) => {
    if (now) settle()
  })
  onScopeDispose(settle)

  async function run(...args: A): Promise<void> {
    if (waiting.value) return
    waiting.value = true
    timer = setTimeout(() => {
      settle()
      onError(ApiError.noFact())
    }, FACT_WITHIN)
    try {
      await send(...args)
      if (done()) settle()
    } catch (error) {
      settle()
      onError(ApiError.from(error))
    }
  }

  return { pending: computed(() => waiting.value), run }
}
