// Answers that change faster than they can be asked for: one question at a time, and of those that
// come meanwhile only the last.

/**
 * @param {(...args: any[]) => Promise<any>} ask
 * @param {(answer: any, ...args: any[]) => void} show
 * @param {(thrown: any) => void} fail
 * @returns {(...args: any[]) => void}
 */
export function latest(ask, show, fail) {
  let asking = false;
  let next = null;
  return async function request(...args) {
    if (asking) {
      next = args;
      return;
    }
    asking = true;
    try {
      const answer = await ask(...args);
      show(answer, ...args);
    } catch (thrown) {
      fail(thrown);
    } finally {
      asking = false;
      if (next) {
        const args = next;
        next = null;
        request(...args);
      }
    }
  };
}
