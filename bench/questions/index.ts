/** The questions, in the order in which help lists them. */
import { modes } from './modes.ts';
import type { Question } from './question.ts';

export const questions: readonly Question[] = [modes];
