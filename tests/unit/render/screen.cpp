#include "screen.hpp"

#include <vterm.h>

#include "base/text.hpp"

namespace errand::test {

namespace {

void append_utf8(std::string& out, std::uint32_t c) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) {
    byte(0xC0U | (c >> 6U));
  } else if (c < 0x10000) {
    byte(0xE0U | (c >> 12U));
    byte(0x80U | ((c >> 6U) & 0x3FU));
  } else {
    byte(0xF0U | (c >> 18U));
    byte(0x80U | ((c >> 12U) & 0x3FU));
    byte(0x80U | ((c >> 6U) & 0x3FU));
  }
  byte(0x80U | (c & 0x3FU));
}

void append_cell(std::string& out, const VTermScreenCell& cell) {
  if (cell.chars[0] == static_cast<std::uint32_t>(-1)) return;  // the right half of a wide one
  if (cell.chars[0] == 0) out += ' ';
  for (std::size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; ++i) append_utf8(out, cell.chars[i]);
}

}  // namespace

class VirtualScreen::Impl {
 public:
  Impl(int rows, int columns) : term_(vterm_new(rows, columns)), screen_(vterm_obtain_screen(term_)) {
    vterm_set_utf8(term_, 1);
    callbacks_.sb_pushline = [](int columns_of_line, const VTermScreenCell* cells, void* self) {
      std::string line;
      for (int i = 0; i < columns_of_line; ++i) append_cell(line, cells[i]);
      static_cast<Impl*>(self)->scrolled_.emplace_back(text::trim_end(line));
      return 1;
    };
    vterm_screen_set_callbacks(screen_, &callbacks_, this);
    vterm_screen_reset(screen_, 1);
  }
  ~Impl() { vterm_free(term_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void write(std::string_view bytes) {
    const auto cooked = text::replace_all(std::string(bytes), "\n", "\r\n");
    vterm_input_write(term_, cooked.data(), cooked.size());
    vterm_screen_flush_damage(screen_);
  }

  void resize(int rows, int columns) { vterm_set_size(term_, rows, columns); }

  [[nodiscard]] std::vector<std::string> lines() const {
    auto out = scrolled_;
    int rows = 0;
    int columns = 0;
    vterm_get_size(term_, &rows, &columns);
    for (int y = 0; y < rows; ++y) {
      std::string line;
      for (int x = 0; x < columns; ++x) {
        VTermScreenCell cell;
        vterm_screen_get_cell(screen_, VTermPos{y, x}, &cell);
        append_cell(line, cell);
      }
      out.emplace_back(text::trim_end(line));
    }
    while (!out.empty() && out.back().empty()) out.pop_back();
    return out;
  }

 private:
  VTerm* term_;
  VTermScreen* screen_;
  VTermScreenCallbacks callbacks_{};
  std::vector<std::string> scrolled_;
};

VirtualScreen::VirtualScreen(int rows, int columns) : impl_(std::make_unique<Impl>(rows, columns)) {}
VirtualScreen::~VirtualScreen() = default;

void VirtualScreen::write(std::string_view bytes) {
  impl_->write(bytes);
}

void VirtualScreen::resize(int rows, int columns) {
  impl_->resize(rows, columns);
}

std::vector<std::string> VirtualScreen::lines() const {
  return impl_->lines();
}

}  // namespace errand::test
