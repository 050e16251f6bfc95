import { type ASTVisitor, GraphQLError, type ValidationContext } from 'graphql';
import { MOST_NAME } from '../../core/operation-name.ts';

/** Refuses operations with a name that no log could keep whole. */
export function nameLimit(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const came = operation.name?.value.length ?? 0;
      if (came <= MOST_NAME) return;
      const message = `The operation has a name of ${came} characters where at most ${MOST_NAME} are taken.`;
      context.reportError(new GraphQLError(message, { nodes: operation }));
    },
  };
}
