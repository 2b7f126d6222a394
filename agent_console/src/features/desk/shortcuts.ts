/** Keys of the desk. One table: what is bound, what is shown, and which physical key it is (so ⌥ on a Mac works too). */
import { onBeforeUnmount, onMounted } from 'vue'

export type Action = 'accept' | 'hold' | 'transfer' | 'hangup' | 'search' | 'submit' | 'help'

interface Key {
  code: string
  alt: boolean
  shown: string
}

export const KEYS: Readonly<Record<Action, readonly Key[]>> = {
  accept: [
    { code: 'F2', alt: false, shown: 'F2' },
    { code: 'KeyA', alt: true, shown: 'Alt+A' },
  ],
  hold: [{ code: 'KeyH', alt: true, shown: 'Alt+H' }],
  transfer: [{ code: 'KeyT', alt: true, shown: 'Alt+T' }],
  hangup: [{ code: 'KeyQ', alt: true, shown: 'Alt+Q' }],
  search: [{ code: 'KeyK', alt: true, shown: 'Alt+K' }],
  submit: [{ code: 'Enter', alt: true, shown: 'Alt+Enter' }],
  help: [{ code: 'Slash', alt: true, shown: 'Alt+/' }],
}

export function shown(action: Action): string {
  return KEYS[action][0]!.shown
}

export function actionOf(event: Pick<KeyboardEvent, 'code' | 'altKey' | 'ctrlKey' | 'metaKey' | 'repeat'>): Action | null {
  if (event.ctrlKey || event.metaKey || event.repeat) return null
  for (const [action, keys] of Object.entries(KEYS) as Array<[Action, readonly Key[]]>) {
    if (keys.some((key) => key.code === event.code && key.alt === event.altKey)) return action
  }
  return null
}

/** Bind handlers while the component is there. */
export function useShortcuts(handlers: Partial<Record<Action, () => void>>): void {
  function onKey(event: KeyboardEvent): void {
    const action = actionOf(event)
    const handler = action && handlers[action]
    if (!handler) return
    event.preventDefault()
    event.stopPropagation()
    handler()
  }
  // In the capture phase: select boxes keep Enter to themselves otherwise.
  onMounted(() => window.addEventListener('keydown', onKey, true))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey, true))
}
