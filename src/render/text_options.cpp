#include "render/text_sink.hpp"

namespace errand::render {

TextOptions text_options(int out_fd, int err_fd, ColorChoice choice, Verbosity verbosity) {
  const auto variables = color_variables();
  TextOptions out;
  out.out_fd = out_fd;
  out.err_fd = err_fd;
  out.out = medium_of(out_fd);
  out.err = medium_of(err_fd);
  out.answer = out.out == Medium::terminal ? AnswerMode::streamed : AnswerMode::at_end;
  out.err_color = decide_color(choice, variables, out.err);
  out.err_motion = decide_motion(variables, out.err);
  out.out_motion = decide_motion(variables, out.out);
  const auto terminal = terminal_variables();
  out.out_depth = decide_depth(decide_color(choice, variables, out.out), terminal);
  out.err_depth = decide_depth(out.err_color, terminal);
  out.links = decide_hyperlinks(out.out_motion, terminal);
  out.columns = columns_of(err_fd);
  out.verbosity = verbosity;
  return out;
}

}  // namespace errand::render
