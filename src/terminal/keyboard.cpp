#include "terminal/keyboard.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/try.hpp"

namespace errand::terminal {

namespace {

bool is_no_key(const Key& key) {
  return key.code == KeyCode::reply || key.code == KeyCode::focus_in || key.code == KeyCode::focus_out;
}

}  // namespace

Changes::Changes() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Changes::tell_resized() {
  resized_ = true;
  ::eventfd_write(event_.get(), 1);
}

void Changes::tell_came_back() {
  came_back_ = true;
  ::eventfd_write(event_.get(), 1);
}

Changes::Kind Changes::take() {
  eventfd_t ignored = 0;
  ::eventfd_read(event_.get(), &ignored);
  const bool resized = resized_.exchange(false);
  if (came_back_.exchange(false)) return Kind::came_back;
  return resized ? Kind::resized : Kind::none;
}

void Keyboard::expect(Answer answer) {
  decoder_.expect(answer);
  if (answer == Answer::place) place_until_ = Call::Clock::now() + place_limit;
}

void Keyboard::note_questions() {
  for (int left = shown_asked_.exchange(0); left > 0; --left) {
    decoder_.expect(Answer::shown);
    shown_until_ = Call::Clock::now() + shown_limit;
  }
}

void Keyboard::give_up_late() {
  const auto now = Call::Clock::now();
  if (expects(Answer::place) && now > place_until_) decoder_.give_up(Answer::place);
  if (expects(Answer::shown) && now > shown_until_) decoder_.give_up(Answer::shown);
}

// False at the end: the terminal was closed, which reads as EIO.
Result<bool> Keyboard::read_more() {
  std::array<char, 65536> bytes{};
  const auto got = ::read(fd_, bytes.data(), bytes.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got < 0 && errno != EIO) return fail_errno(ErrorKind::failure, "can't read the terminal", errno);
  closed_ = got <= 0;
  if (closed_) return false;
  read_ = Call::Clock::now();
  note_questions();
  give_up_late();
  auto keys = decoder_.feed({bytes.data(), static_cast<std::size_t>(got)});
  if (keys.empty() || !std::ranges::all_of(keys, is_no_key)) typed_ = Call::Clock::now();
  for (auto& key : keys) {
    if (const auto place = place_in(key))
      place_ = *place;
    else if (said_ && is_no_key(key))
      said_(key);
    else
      kept_.push_back(std::move(key));
  }
  return true;
}

Result<Input> Keyboard::next(const Call& call) {
  ERRAND_TRY_ASSIGN(auto input, wait({}, call));
  return *std::move(input);
}

Result<std::optional<Input>> Keyboard::next_unless_quiet(Milliseconds quiet, const Call& call) {
  return wait({.quiet = quiet, .answer = std::nullopt}, call);
}

Result<std::optional<Input>> Keyboard::next_before(Answer answer, const Call& call) {
  return wait({.quiet = std::nullopt, .answer = answer}, call);
}

std::optional<Input> Keyboard::at_hand() {
  if (const auto change = changes_.take(); change != Changes::Kind::none) {
    return Input{.kind = change == Changes::Kind::resized ? Input::Kind::resized : Input::Kind::came_back};
  }
  if (!kept_.empty()) {
    Input out{.key = std::move(kept_.front())};
    kept_.pop_front();
    return out;
  }
  if (closed_) return Input{.kind = Input::Kind::closed};
  return std::nullopt;
}

// By the time that has passed, however often somebody waits for less.
void Keyboard::expire_held() {
  const auto now = Call::Clock::now();
  if (!decoder_.is_waiting() || now - read_ < escape_limit) return;
  read_ = now;
  for (auto& key : decoder_.expire()) kept_.push_back(std::move(key));
}

int Keyboard::poll_limit(std::optional<Milliseconds> quiet) const {
  const auto until = [](Call::Clock::time_point then) {
    const auto left = std::chrono::ceil<Milliseconds>(then - Call::Clock::now());
    return static_cast<int>(std::max(left, Milliseconds{0}).count());
  };
  const int limit = decoder_.is_waiting() ? until(read_ + escape_limit) : -1;
  if (!quiet) return limit;
  const int until_quiet = until(typed_ + *quiet);
  return limit < 0 ? until_quiet : std::min(limit, until_quiet);
}

Result<std::optional<Input>> Keyboard::wait(const Until& until, const Call& call) {
  const Fd wake(::eventfd(0, EFD_CLOEXEC));
  if (!wake) return fail_errno(ErrorKind::failure, "can't make an eventfd", errno);
  const std::stop_callback on_stop(call.stop, [&] { ::eventfd_write(wake.get(), 1); });
  while (true) {
    expire_held();
    ERRAND_TRY(call.check());
    note_questions();
    if (until.answer && !expects(*until.answer)) return std::nullopt;
    if (auto input = at_hand()) return input;
    std::array<pollfd, 3> fds = {pollfd{fd_, POLLIN, 0}, pollfd{changes_.fd(), POLLIN, 0},
                                 pollfd{wake.get(), POLLIN, 0}};
    const int ready = ::poll(fds.data(), fds.size(), call.poll_timeout_ms(poll_limit(until.quiet)));
    if (ready == 0) {
      expire_held();
      if (until.quiet && kept_.empty() && Call::Clock::now() - typed_ >= *until.quiet) return std::nullopt;
    }
    if (ready > 0 && fds[0].revents != 0) ERRAND_TRY(read_more());
  }
}

std::deque<Key> Keyboard::take_kept() {
  return std::exchange(kept_, {});
}

void Keyboard::put_back(std::deque<Key> keys) {
  kept_.insert(kept_.begin(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
}

}  // namespace errand::terminal
