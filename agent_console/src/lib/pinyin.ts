/**
 * Initial letters of Chinese text, without a dictionary: the browser's own pinyin collation says between which two
 * boundary characters a character sorts. Characters with two readings match either letter. Costs no download.
 */

const LETTERS = 'abcdefghjklmnopqrstwxyz'
// The first character, in pinyin order, of each letter.
const BOUNDS = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他屲夕丫帀'
const TWO_READINGS: Readonly<Record<string, string>> = {
  调: 'td', 长: 'cz', 行: 'xh', 重: 'zc', 乐: 'ly', 单: 'ds', 会: 'hk', 朝: 'cz', 曾: 'zc', 传: 'cz', 降: 'jx',
  藏: 'cz', 查: 'cz', 仇: 'cq', 盛: 'sc', 石: 'sd', 弹: 'td', 提: 'td', 厦: 'sx', 番: 'fp', 尉: 'wy', 解: 'jx',
}

const collator = new Intl.Collator('zh-CN-u-co-pinyin')
const cache = new Map<string, string>()

/** The letters a character may be typed as: one, two for a second reading, itself for ASCII, none for the rest. */
function lettersOf(char: string): string {
  if (/[a-z0-9]/i.test(char)) return char.toLowerCase()
  if (!/[\u4e00-\u9fff]/.test(char)) return ''
  const known = TWO_READINGS[char] ?? cache.get(char)
  if (known !== undefined) return known
  let letter = ''
  for (let i = 0; i < BOUNDS.length; i += 1) {
    if (collator.compare(BOUNDS[i]!, char) > 0) break
    letter = LETTERS[i]!
  }
  cache.set(char, letter)
  return letter
}

/** Whether `query` occurs in `text` itself, or among its pinyin initials (`rmtj` finds 人民调解). Case-blind. */
export function matches(text: string, query: string): boolean {
  const wanted = query.trim().toLowerCase()
  if (!wanted || text.toLowerCase().includes(wanted)) return true
  if (!/^[a-z0-9]+$/.test(wanted)) return false
  const letters = [...text].map(lettersOf).filter(Boolean)
  for (let from = 0; from + wanted.length <= letters.length; from += 1) {
    let same = true
    for (let i = 0; i < wanted.length && same; i += 1) same = letters[from + i]!.includes(wanted[i]!)
    if (same) return true
  }
  return false
}
