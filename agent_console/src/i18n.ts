/** Languages of the console: Chinese first, English second. */
import { createI18n } from 'vue-i18n'
import { textsOf } from './messages'

export type Locale = 'zh-CN' | 'en'
const KEY = 'hotline.locale'

export function asLocale(value: string | null | undefined): Locale {
  return value?.startsWith('en') ? 'en' : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: asLocale(localStorage.getItem(KEY)),
  fallbackLocale: 'zh-CN',
  // A code that a newer server knows and we do not is shown as it is.
  missingWarn: false,
  fallbackWarn: false,
  messages: { 'zh-CN': textsOf('zh-CN'), en: textsOf('en') },
})

export function setLocale(value: string, remember = false): void {
  const locale = asLocale(value)
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
  if (remember) localStorage.setItem(KEY, locale)
}
