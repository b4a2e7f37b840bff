#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_exit(const std::string& argument, SlashContext& context);

Result<After> run_exit(const std::string&, SlashContext&) {
  return After::leave;
}

}  // namespace errand::repl
