// pgbcheck inspect FILE...: what files hold.
#pragma once

namespace pgb::tools {

// Whether the command line begins with the word inspect.
bool asks_to_inspect(int argc, char** argv);

// Prints what each file named after that word holds, and returns the exit status. Throws InputError.
int inspect(int argc, char** argv);

}  // namespace pgb::tools
