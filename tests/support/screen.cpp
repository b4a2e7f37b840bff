#include "support/screen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

#include "base/file.hpp"
#include "support/e2e_world.hpp"

namespace errand::test {

namespace {

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return add(c);
  if (c < 0x800) {
    add(0xC0U | c >> 6U);
  } else if (c < 0x10000) {
    add(0xE0U | c >> 12U);
    add(0x80U | (c >> 6U & 0x3FU));
  } else {
    add(0xF0U | c >> 18U);
    add(0x80U | (c >> 12U & 0x3FU));
    add(0x80U | (c >> 6U & 0x3FU));
  }
  add(0x80U | (c & 0x3FU));
}

void append_cell(std::string& out, const VTermScreenCell& cell) {
  if (cell.chars[0] == static_cast<std::uint32_t>(-1)) return;  // the second half of a wide one
  if (cell.chars[0] == 0) out += ' ';
  for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i) append_utf8(out, cell.chars[i]);
}

std::string name_of(const VTermColor& color) {
  if (VTERM_COLOR_IS_INDEXED(&color)) return std::to_string(color.indexed.idx);
  return fmt::format("#{:02x}{:02x}{:02x}", color.rgb.red, color.rgb.green, color.rgb.blue);
}

std::string style_of(const VTermScreenCell& cell) {
  std::string out;
  const auto add = [&](bool is_set, const std::string& word) {
    if (is_set) out += (out.empty() ? "" : " ") + word;
  };
  add(cell.attrs.bold != 0, "bold");
  add(cell.attrs.italic != 0, "italic");
  add(cell.attrs.underline != 0, "underlined");
  add(cell.attrs.reverse != 0, "reversed");
  add(cell.attrs.strike != 0, "struck");
  add(!VTERM_COLOR_IS_DEFAULT_FG(&cell.fg), name_of(cell.fg));
  add(!VTERM_COLOR_IS_DEFAULT_BG(&cell.bg), "on " + name_of(cell.bg));
  return out;
}

std::string trimmed(std::string row) {
  row.erase(row.find_last_not_of(' ') + 1);
  return row;
}

int milliseconds_until(std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

winsize winsize_of(Screen::Size size) {
  return {.ws_row = static_cast<unsigned short>(size.rows),
          .ws_col = static_cast<unsigned short>(size.columns),
          .ws_xpixel = 0,
          .ws_ypixel = 0};
}

}  // namespace

// The screen as libvterm keeps it.
class Screen::Model {
 public:
  Model(Size size) : terminal_(vterm_new(size.rows, size.columns)), screen_(vterm_obtain_screen(terminal_)) {
    vterm_set_utf8(terminal_, 1);
    vterm_screen_set_callbacks(screen_, &callbacks, this);
    vterm_screen_reset(screen_, 1);
  }
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model() { vterm_free(terminal_); }

  void feed(std::string_view bytes) { vterm_input_write(terminal_, bytes.data(), bytes.size()); }
  // What the terminal answers goes there.
  void answer_to(int fd) {
    answers_to_ = fd;
    vterm_output_set_callback(terminal_, answer, this);
  }
  void resize(Size size) { vterm_set_size(terminal_, size.rows, size.columns); }

  [[nodiscard]] std::string row(int number) const {
    int rows = 0;
    int columns = 0;
    vterm_get_size(terminal_, &rows, &columns);
    std::string out;
    for (int column = 0; column < columns; ++column) {
      VTermScreenCell cell{};
      vterm_screen_get_cell(screen_, {number, column}, &cell);
      append_cell(out, cell);
    }
    return trimmed(out);
  }

  [[nodiscard]] std::string painted_row(int number) const {
    int rows = 0;
    int columns = 0;
    vterm_get_size(terminal_, &rows, &columns);
    std::string out;
    std::string style;
    for (int column = 0; column < columns; ++column) {
      VTermScreenCell cell{};
      vterm_screen_get_cell(screen_, {number, column}, &cell);
      if (auto next = style_of(cell); next != style) {
        style = std::move(next);
        out += "{" + style + "}";
      }
      append_cell(out, cell);
    }
    return style.empty() ? trimmed(out) : out + "{}";
  }

  [[nodiscard]] int rows() const {
    int rows = 0;
    int columns = 0;
    vterm_get_size(terminal_, &rows, &columns);
    return rows;
  }

  [[nodiscard]] Cursor cursor() const {
    VTermPos at{};
    vterm_state_get_cursorpos(vterm_obtain_state(terminal_), &at);
    return {at.row, at.col};
  }

  [[nodiscard]] const std::vector<std::string>& scrollback() const { return scrollback_; }

 private:
  static int push_line(int columns, const VTermScreenCell* cells, void* self) {
    std::string row;
    for (int i = 0; i < columns; ++i) append_cell(row, cells[i]);
    static_cast<Model*>(self)->scrollback_.push_back(trimmed(row));
    return 1;
  }

  static void answer(const char* bytes, size_t count, void* self) {
    // A program that is gone needs no answer.
    if (!write_all(static_cast<Model*>(self)->answers_to_, {bytes, count})) return;
  }

  static constexpr VTermScreenCallbacks callbacks{.sb_pushline = push_line};

  VTerm* terminal_;
  VTermScreen* screen_;
  std::vector<std::string> scrollback_;
  int answers_to_ = -1;
};

Screen::Screen(std::vector<std::string> argv, const std::map<std::string, std::string>& env,
               const std::string& directory, Size size)
    : model_(std::make_unique<Model>(size)) {
  auto variables = e2e::as_list(env);
  const auto argv_pointers = pointers_to(argv);
  const auto env_pointers = pointers_to(variables);
  const auto shape = winsize_of(size);
  int terminal = -1;
  int program_side = -1;
  if (::openpty(&terminal, &program_side, nullptr, nullptr, &shape) != 0) {
    throw std::runtime_error("there is no pseudo-terminal to be had");
  }
  terminal_ = Fd(terminal);
  model_->answer_to(terminal);
  kept_open_ = Fd(program_side);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  ::fcntl(program_side, F_SETFD, FD_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {  // only what is safe after a fork among threads
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setsid();
    ::ioctl(program_side, TIOCSCTTY, 0);
    for (const int fd : {0, 1, 2}) ::dup2(program_side, fd);
    if (::chdir(directory.c_str()) == 0) ::execve(argv_pointers[0], argv_pointers.data(), env_pointers.data());
    ::_exit(127);
  }
  if (pid_ < 0) throw std::runtime_error("there is no process to be had");
}

Screen::~Screen() {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Screen::type(std::string_view keys) {
  if (!write_all(terminal_.get(), keys)) throw std::runtime_error("nobody is at the terminal");
}

void Screen::resize(Size size) {
  const auto shape = winsize_of(size);
  model_->resize(size);
  ::ioctl(terminal_.get(), TIOCSWINSZ, &shape);
}

void Screen::signal(int number) const {
  ::kill(pid_, number);
}

bool Screen::read_more(std::chrono::steady_clock::time_point deadline) {
  pollfd readable{terminal_.get(), POLLIN, 0};
  const int n = ::poll(&readable, 1, milliseconds_until(deadline));
  if (n < 0 && errno == EINTR) return true;
  if (n <= 0) return false;
  std::array<char, 4096> buffer{};
  const auto got = ::read(terminal_.get(), buffer.data(), buffer.size());
  if (got <= 0) return false;
  const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
  bytes_ += piece;
  model_->feed(piece);
  return true;
}

void Screen::wait_until(const std::function<bool()>& wanted, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!wanted()) {
    if (!read_more(deadline)) throw std::runtime_error("no " + what + "; the screen:\n" + text());
  }
}

void Screen::wait_for_quiet() {
  constexpr std::chrono::milliseconds quiet{500};
  while (read_more(std::chrono::steady_clock::now() + quiet)) {
  }
}

void Screen::wait_for(std::string_view wanted) {
  wait_until([&] { return text().find(wanted) != std::string::npos; }, "\"" + std::string(wanted) + "\"");
}

std::string Screen::text() const {
  std::vector<std::string> rows;
  for (int i = 0; i < model_->rows(); ++i) rows.push_back(row(i));
  while (!rows.empty() && rows.back().empty()) rows.pop_back();
  std::string out;
  for (const auto& one : rows) out += one + "\n";
  const auto at = cursor();
  return out + "cursor " + std::to_string(at.row) + "," + std::to_string(at.column) + "\n";
}

std::string Screen::painted() const {
  std::string out;
  for (int i = 0; i < model_->rows(); ++i) out += model_->painted_row(i) + "\n";
  out.erase(out.find_last_not_of('\n') + 1);
  return out + "\n";
}

std::string Screen::row(int number) const {
  return model_->row(number);
}

Screen::Cursor Screen::cursor() const {
  return model_->cursor();
}

const std::vector<std::string>& Screen::scrollback() const {
  return model_->scrollback();
}

bool Screen::is_cooked() const {
  termios mode{};
  if (::tcgetattr(kept_open_.get(), &mode) != 0) throw std::runtime_error("the terminal has no mode");
  const auto wanted = static_cast<tcflag_t>(ECHO | ICANON | ISIG);
  return (mode.c_lflag & wanted) == wanted;
}

e2e::Exit Screen::wait() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{pidfd.get(), POLLIN, 0}, pollfd{terminal_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), milliseconds_until(deadline)) <= 0) {
      throw std::runtime_error("it does not end; the screen:\n" + text());
    }
    if (fds[1].revents != 0) read_more(deadline);
    if (fds[0].revents != 0 && fds[1].revents == 0) break;
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? e2e::Exit{0, WTERMSIG(status)} : e2e::Exit{WEXITSTATUS(status), 0};
}

std::string differs_from_golden(const std::string& screen, const std::string& name) {
  const auto path = std::string(ERRAND_SOURCE_DIR) + "/tests/golden/screens/" + name + ".txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    if (!make_directories(parent_path(path), 0755) || !write_file_atomic(path, screen)) return "can't write " + path;
    return {};
  }
  const auto golden = read_file(path);
  if (golden && *golden == screen) return {};
  return name + " is:\n" + screen + "and should be:\n" + golden.value_or("(nothing)");
}

}  // namespace errand::test
