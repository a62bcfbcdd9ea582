/**
 * Where Piscina's threads begin. Piscina requires its file, and a thread that is terminated inside require() of an ES
 * module aborts the whole process (Node 22.23 and 26.10: "Assertion failed: facade->InstantiateModule"); inside
 * import() it ends alone. So what is required is CommonJS, and imports.
 */
module.exports = async (start: unknown): Promise<unknown> => {
  const { default: execute } = await import('./executor.ts');
  return execute(start as Parameters<typeof execute>[0]);
};
