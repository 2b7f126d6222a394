/** Light or dark, usual or large type: as the person wishes, remembered in this browser; without a wish as the system says. */
import { ref } from 'vue'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const THEME_KEY = 'hotline.theme'
const TYPE_KEY = 'hotline.type'

const system = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null

export function asTheme(value: string | null): Theme {
  return THEMES.find((one) => one === value) ?? 'auto'
}

export const theme = ref<Theme>('auto')
export const large = ref(false)
/** A page that is dark whatever was chosen (the wall screen). */
const forced = ref<'dark' | null>(null)

export function shownTheme(wish: Theme, systemIsDark: boolean): 'light' | 'dark' {
  return wish === 'auto' ? (systemIsDark ? 'dark' : 'light') : wish
}

function apply(): void {
  const root = document.documentElement
  root.dataset.theme = forced.value ?? shownTheme(theme.value, system?.matches ?? false)
  root.dataset.type = large.value ? 'large' : 'usual'
}

/** Before anything is shown, so that nothing flashes. */
export function startAppearance(): void {
  theme.value = asTheme(localStorage.getItem(THEME_KEY))
  large.value = localStorage.getItem(TYPE_KEY) === 'large'
  system?.addEventListener('change', apply)
  apply()
}

export function setTheme(value: Theme): void {
  theme.value = value
  localStorage.setItem(THEME_KEY, value)
  apply()
}

export function setLarge(value: boolean): void {
  large.value = value
  localStorage.setItem(TYPE_KEY, value ? 'large' : 'usual')
  apply()
}

/** Dark until told otherwise, without changing what the person chose. */
export function forceDark(on: boolean): void {
  forced.value = on ? 'dark' : null
  apply()
}
