#include "repl/slash.hpp"

namespace errand::repl {

Result<After> run_editor(const std::string& argument, SlashContext& context);

Result<After> run_editor(const std::string&, SlashContext&) {
  return After::edit;
}

}  // namespace errand::repl
