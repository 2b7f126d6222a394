/** Questions before something is done. */
import { ElMessageBox } from 'element-plus'
import { i18n } from '@/i18n'
import { tell, tellError } from '@/lib/notify'

const t = i18n.global.t

/** A reason of two letters at least; throws `cancel` when there is none. */
export async function reasonFor(title: string, text = ''): Promise<string> {
  const answer = await ElMessageBox.prompt(text, title, {
    inputPattern: /\S\s*\S/, inputErrorMessage: t('admin.reason_short'), inputPlaceholder: t('admin.reason'),
    confirmButtonText: t('admin.confirm'), cancelButtonText: t('common.cancel'),
  })
  return answer.value.trim()
}

export async function sure(text: string, title: string): Promise<void> {
  await ElMessageBox.confirm(text, title, { confirmButtonText: t('admin.confirm'), cancelButtonText: t('common.cancel'), type: 'warning' })
}

/** Do it and say so; what went wrong is said too, a cancelled question is nothing. True when it was done. */
export async function act(work: () => Promise<unknown>, done = t('admin.saved')): Promise<boolean> {
  try {
    await work()
    if (done) tell(done)
    return true
  } catch (error) {
    if (error !== 'cancel' && error !== 'close') tellError(error)
    return false
  }
}
