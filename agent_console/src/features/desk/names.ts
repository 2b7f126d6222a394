/** Words for codes that stand in no catalogue. */

type Translate = (key: string) => string

/** The word for `code` in `group`; the code itself when a newer server knows one that we do not. */
export function word(t: Translate, group: string, code: string | null | undefined): string {
  if (!code) return ''
  const key = `${group}.${code}`
  const text = t(key)
  return text === key ? code : text
}
