/** How work that takes a while says where it stands. The command line draws it; a library user may pass an object. */
export interface Progress {
  /**
   * What is being done now and, where it is known, the share done in [0, 1]. May be called at every step: whoever
   * draws it decides how often.
   */
  update(label: string, share?: number): void;
  /** A line worth keeping on the screen: something was finished, skipped or found wrong. */
  note(line: string): void;
}

/** Progress that nobody watches. */
export const silent: Progress = { update() {}, note() {} };
