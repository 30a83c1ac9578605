/** Thrown by a verb that failed in part and yet has a result worth printing. */
export class Unfinished extends Error {
  override name = 'Unfinished';
  readonly result: unknown;

  constructor(message: string, result: unknown, options?: ErrorOptions) {
    super(message, options);
    this.result = result;
  }
}
