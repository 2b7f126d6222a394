/** The texts of one language, joined from its files (one a group of pages; a key of the first level stands in one file only). */
export type Texts = { [key: string]: string | Texts }

const files = import.meta.glob<Texts>('./locales/*/*.json', { eager: true, import: 'default' })

export function textsOf(locale: string): Texts {
  return Object.assign({}, ...Object.keys(files).filter((path) => path.startsWith(`./locales/${locale}/`)).map((path) => files[path]))
}
