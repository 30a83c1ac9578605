/** The door, where a password was set. */
import type { Hono } from 'hono';
import { html, raw } from '../../../report/index.ts';
import type { Desk } from './desk.ts';
import { formOf, ownPath } from './forms.ts';
import { page } from './frame.ts';
import type { Sessions } from './session.ts';

/** Paths that need no session. */
export const open: ReadonlySet<string> = new Set([
  '/login',
  '/favicon.ico',
  '/assets/page.css',
  '/assets/client/keys.js',
]);

export function loginPages(app: Hono, desk: Desk, sessions: Sessions): void {
  const door = (to: string, problem?: string) =>
    page(
      { name: desk.name },
      {
        title: 'Sign in',
        bare: true,
        main: html`<h1>Sign in</h1>
${problem !== undefined && html`<p class="error" role="alert">${problem}</p>`}
<form method="post" action="/login" class="fields"><input type="hidden" name="to" value="${to}">
<label><span>Password</span> <input name="password" type="password" required maxlength="1024" autocomplete="current-password"${raw(' autofocus')}></label>
<button class="main">Sign in</button></form>`,
      },
    );
  app.get('/login', (c) => c.html(door(ownPath(c.req.query('to')) ?? '/')));
  app.post('/login', async (c) => {
    const form = await formOf(c);
    const to = ownPath(form.get('to')) ?? '/';
    const opens = await sessions.opens(form.get('password') ?? '');
    if (opens === undefined) return c.html(door(to, 'Too many tries at once: try again in a moment.'), 429);
    if (!opens) return c.html(door(to, 'That is not the password.'), 401);
    sessions.begin(c);
    return c.redirect(to, 303);
  });
  app.post('/logout', (c) => {
    sessions.end(c);
    return c.redirect('/login', 303);
  });
}
