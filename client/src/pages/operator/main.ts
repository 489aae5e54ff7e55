import '../../ui/base.css'
