#include "repl/cooked_lines.hpp"

#include <utility>

#include "base/fd.hpp"
#include "base/try.hpp"

namespace errand::repl {

Result<ReadLine> CookedLines::read(const LineRequest& request, const Call& call) {
  if (request.start == LineStart::in_editor && edit_outside_) {
    ERRAND_TRY_ASSIGN(auto text, edit_outside_({}));
    while (text.ends_with('\n')) text.pop_back();
    return ReadLine{ReadLine::End::submitted, std::move(text)};
  }
  if (request.kind == LineKind::answer) in_.drop_pending();
  ERRAND_TRY(write_all(out_, request.prompt));
  auto line = in_.next(call);
  if (!line && line.error().kind != ErrorKind::cancelled) return fail(line.error());
  if (line && *line) return ReadLine{ReadLine::End::submitted, **std::move(line)};
  if (request.kind == LineKind::prompt) ERRAND_TRY(write_all(out_, "\n"));  // "^C" was echoed, or nothing
  return ReadLine{line ? ReadLine::End::closed : ReadLine::End::interrupted, {}};
}

}  // namespace errand::repl
