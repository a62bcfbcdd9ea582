/**
 * Arms in blocks: every block runs each arm once, in an order drawn from the seed, so that a drift of the machine falls
 * on all of them alike. (Eight identical runs compared as AAAABBBB differed at p = 0.03, as ABABABAB at p = 0.89.) A run
 * that others on the machine disturbed is made again, a bounded number of times, then kept and counted.
 */
import { seededRandom, shuffled } from './statistics.ts';

/** A thing to measure. `run` makes one whole measurement. */
export interface Arm<Run> {
  readonly name: string;
  run(): Promise<Run>;
}

export interface Blocks<Run> {
  /** By arm, in the order of the blocks. */
  readonly runs: ReadonlyMap<string, readonly Run[]>;
  /** Runs made again because they were disturbed. */
  readonly repeated: number;
  /** Runs kept although they were disturbed: nothing was left to repeat with. */
  readonly keptDisturbed: number;
  /** The order in which the arms ran, block by block. */
  readonly order: readonly (readonly string[])[];
}

/** An arm that could not be measured, and takes no part any more. */
export interface Lost {
  readonly arm: string;
  /** A sentence. */
  readonly reason: string;
}

export interface CompareOptions<Run> {
  readonly blocks: number;
  readonly seed: number;
  /** Most repetitions in all. */
  readonly repeats: number;
  disturbed(run: Run): boolean;
  /** Before each run. */
  settle?(): Promise<void>;
  progress?(done: { arm: string; block: number; run: Run; again: boolean }): void;
  /** A run of an earlier sitting: it is not made again. */
  recall?(arm: string, block: number): Run | undefined;
  /** Of an earlier sitting. */
  readonly repeated?: number;
  /** An arm's run failed. Without it that ends everything; with it the arm takes no part any more, unless it throws. */
  lost?(arm: string, error: Error): void;
  /** No run begins any more, and the one under way is thrown away. */
  readonly signal?: AbortSignal;
}

export async function runBlocks<Run>(
  arms: readonly Arm<Run>[],
  options: CompareOptions<Run>,
): Promise<Blocks<Run>> {
  const random = seededRandom(options.seed);
  const runs = new Map<string, Run[]>(arms.map(({ name }) => [name, []]));
  const order: string[][] = [];
  const measure = async (arm: Arm<Run>): Promise<Run> => {
    await options.settle?.();
    return arm.run();
  };
  const gone = new Set<string>();
  let { repeated = 0 } = options;
  let keptDisturbed = 0;
  const isEnded = (): boolean => options.signal?.aborted === true;
  const undisturbed = async (arm: Arm<Run>, block: number): Promise<Run> => {
    let run = await measure(arm);
    while (options.disturbed(run) && repeated < options.repeats) {
      options.progress?.({ arm: arm.name, block, run, again: true });
      repeated += 1;
      run = await measure(arm);
    }
    return run;
  };
  for (let block = 0; block < options.blocks; block += 1) {
    const turn = shuffled(arms, random);
    order.push(turn.map(({ name }) => name));
    for (const arm of turn) {
      if (gone.has(arm.name)) continue;
      if (isEnded()) return { runs, repeated, keptDisturbed, order };
      const known = options.recall?.(arm.name, block);
      try {
        const run = known ?? (await undisturbed(arm, block));
        if (options.disturbed(run)) keptDisturbed += 1;
        if (known === undefined) options.progress?.({ arm: arm.name, block, run, again: false });
        runs.get(arm.name)!.push(run);
      } catch (error) {
        if (isEnded()) return { runs, repeated, keptDisturbed, order };
        if (options.lost === undefined) throw error;
        gone.add(arm.name);
        options.lost(arm.name, error as Error);
      }
    }
  }
  return { runs, repeated, keptDisturbed, order };
}
