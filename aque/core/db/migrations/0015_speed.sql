-- Tasks come with their arguments, and of what kind they are; what comes in says what there is to a kind.
alter type aque.incoming drop attribute id, drop attribute args;
