/** Keys of the desk. One table: what is bound, what is shown, and which physical key it is (so ⌥ on a Mac works too). */
import { onBeforeUnmount, onMounted } from 'vue'

export type Action =
  | 'accept'
  | 'hold'
  | 'transfer'
  | 'hangup'
  | 'search'
  | 'submit'
  | 'emergency'
  | 'police'
  | 'ambulance'
  | 'help'
  | 'complete'
  | 'toggle'
  | 'conference'
  | 'takeback'
  | 'decline'
  | 'ready'
  | 'pause'
  | 'mute'
  | 'facts'
  | 'advice'
  | 'date'
  | 'legal_aid'
  | 'disposition'
  | 'end_wrap_up'
  | 'next_tab'
  | 'catalogue'

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
  complete: [{ code: 'KeyE', alt: true, shown: 'Alt+E' }],
  toggle: [{ code: 'KeyS', alt: true, shown: 'Alt+S' }],
  conference: [{ code: 'KeyM', alt: true, shown: 'Alt+M' }],
  takeback: [{ code: 'KeyB', alt: true, shown: 'Alt+B' }],
  mute: [{ code: 'F8', alt: false, shown: 'F8' }],
  submit: [{ code: 'Enter', alt: true, shown: 'Alt+Enter' }],
  emergency: [{ code: 'F9', alt: false, shown: 'F9' }],
  police: [{ code: 'Digit1', alt: true, shown: 'Alt+1' }],
  ambulance: [{ code: 'Digit2', alt: true, shown: 'Alt+2' }],
  help: [{ code: 'Slash', alt: true, shown: 'Alt+/' }],
  decline: [{ code: 'KeyX', alt: true, shown: 'Alt+X' }],
  ready: [{ code: 'KeyR', alt: true, shown: 'Alt+R' }],
  pause: [{ code: 'KeyP', alt: true, shown: 'Alt+P' }],
  facts: [{ code: 'KeyF', alt: true, shown: 'Alt+F' }],
  advice: [{ code: 'KeyG', alt: true, shown: 'Alt+G' }],
  date: [{ code: 'KeyY', alt: true, shown: 'Alt+Y' }],
  legal_aid: [{ code: 'KeyL', alt: true, shown: 'Alt+L' }],
  disposition: [{ code: 'KeyD', alt: true, shown: 'Alt+D' }],
  end_wrap_up: [{ code: 'KeyW', alt: true, shown: 'Alt+W' }],
  next_tab: [{ code: 'KeyN', alt: true, shown: 'Alt+N' }],
  catalogue: [{ code: 'KeyI', alt: true, shown: 'Alt+I' }],
}

/** As they are shown: by what they are for. Each action stands once. */
export const GROUPS: Readonly<Record<string, readonly Action[]>> = {
  state: ['ready', 'pause', 'end_wrap_up', 'accept', 'decline'],
  call: ['hold', 'mute', 'hangup'],
  hand_on: ['transfer', 'toggle', 'conference', 'takeback', 'complete'],
  emergency: ['emergency', 'police', 'ambulance'],
  form: ['search', 'facts', 'advice', 'date', 'legal_aid', 'disposition', 'submit'],
  help: ['next_tab', 'catalogue', 'help'],
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
