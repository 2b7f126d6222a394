/** Words for codes that stand in no catalogue. */

type Translate = (key: string) => string

/** A queue's name: skill groups have words, a bureau's own queues keep theirs. */
export function queueName(t: Translate, queue: string): string {
  return word(t, 'queue', queue)
}

/** The word for `code` in `group`; the code itself when a newer server knows one that we do not. */
export function word(t: Translate, group: string, code: string | null | undefined): string {
  if (!code) return ''
  const key = `${group}.${code}`
  const text = t(key)
  return text === key ? code : text
}
