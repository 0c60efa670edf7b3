/** Texts of the sign-in. */
export const signIn = {
  heading: 'Sign in',
  lead: 'Numbers that are live within a second, and proved by every batch.',
  label: 'Key',
  button: 'Sign in',
  hint: 'With scope read you see everything but rejected events; with admin you can also start runs.',
  privacy:
    'The key stays in the memory of this tab and is gone when you reload. A password manager may keep it.',
  where: 'On this machine, npm start prints a link that signs in by itself, and the development key.',
  checking: 'Checking the key…',
  empty: 'Enter a key.',
  linkFailed: 'The link could not be used. Sign in with a key.',
} as const
