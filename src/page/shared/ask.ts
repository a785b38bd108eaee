/** What was asked was refused, or nobody answers. The message is for a person. */
export class AskError extends Error {
  /** HTTP status; 0: no answer. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'AskError';
    this.status = status;
  }
}

/** A JSON answer of this page's own server. Throws AskError. */
export async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
    text = await response.text();
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new AskError('no answer: has the command ended? Asked again', 0);
  }
  if (response.ok) return JSON.parse(text) as T;
  let message = text.trim();
  try {
    message = (JSON.parse(text) as { readonly message?: string }).message ?? message;
  } catch { /* then it is the text itself */ }
  throw new AskError(message, response.status);
}

/**
 * Asks again and again, `waitMs` after each answer, while the page is seen. `failed` gets null when an answer came. Returns
 * what ends it.
 */
export function poll(waitMs: number, once: () => Promise<void>, failed: (message: string | null) => void): () => void {
  let timer = 0;
  let ended = false;
  let under = false;
  const turn = async (): Promise<void> => {
    if (ended || under || document.hidden) return;
    under = true;
    try {
      await once();
      if (!ended) failed(null);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (!ended) failed(error.message);
    } finally {
      under = false;
      if (!ended) timer = setTimeout(() => { void turn(); }, waitMs);
    }
  };
  const seen = (): void => { clearTimeout(timer); void turn(); };
  document.addEventListener('visibilitychange', seen);
  void turn();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}
