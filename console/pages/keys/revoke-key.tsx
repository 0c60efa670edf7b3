import { useState } from 'preact/hooks'
import { remove } from '../../data/client.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { texts } from '../../texts/texts.ts'

const words = texts.keys

/** Revokes a key, after a question. */
export function RevokeKey({ name, changed }: { readonly name: string; readonly changed: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const revoke = async (): Promise<string | undefined> => {
    const answer = await remove(`/v1/keys/${encodeURIComponent(name)}`)
    if (!answer.ok) return answer.failure.detail
    changed()
    return undefined
  }
  return (
    <>
      <button
        type="button"
        class="button small"
        onClick={() => setOpen(true)}
        aria-label={words.revokeNamed(name)}
      >
        {words.revoke}…
      </button>
      {isOpen && (
        <Confirm
          title={words.revokeTitle(name)}
          button={words.revoke}
          close={() => setOpen(false)}
          work={revoke}
        >
          <p>{words.revokeBody}</p>
        </Confirm>
      )}
    </>
  )
}
